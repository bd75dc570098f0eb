// npm's smtp-server as a relay that takes mail from whoever logs in: STARTTLS on one port, TLS from the first byte on
// another. Argument: its configuration as JSON. Each connection is a line `connect` on stdout.
"use strict";
const fs = require("fs");
const path = require("path");
const { SMTPServer } = require("smtp-server");

const config = JSON.parse(process.argv[2]);
const refusal = (code, words) => Object.assign(new Error(words), { responseCode: code });
let kept = 0;

function isRight(login) {
  if (login.username !== config.user) return false;
  if (login.method === "XOAUTH2") return login.accessToken === config.password;
  if (login.method === "CRAM-MD5") return login.validatePassword(config.password);
  return login.password === config.password;
}

function refusalOf(recipient) {
  if (fs.existsSync(config.closed)) return refusal(550, "5.7.1 Relaying denied");
  if (recipient.startsWith("gone")) return refusal(550, "5.1.1 No such user");
  if (recipient.startsWith("denied")) return refusal(550, "5.7.1 Not to this address");
  return null;
}

function keep(message, session) {
  const name = `${process.pid}.${++kept}`;
  fs.writeFileSync(path.join(config.sink, "tmp", name), `Received: from ${session.hostNameAppearsAs}\r\n${message}`);
  fs.renameSync(path.join(config.sink, "tmp", name), path.join(config.sink, "new", name));
}

for (const secure of [false, true]) {
  const server = new SMTPServer({
    name: "npm.lab.test",
    secure,
    key: fs.readFileSync(config.key),
    cert: fs.readFileSync(config.certificate),
    authMethods: ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"],
    disableReverseLookup: true,
    onConnect: (session, done) => {
      process.stdout.write("connect\n");
      done();
    },
    onAuth: (login, session, done) =>
      isRight(login) ? done(null, { user: login.username }) : done(refusal(535, "5.7.8 Invalid login")),
    onRcptTo: (recipient, session, done) => done(refusalOf(recipient.address)),
    onData: (stream, session, done) => {
      const pieces = [];
      stream.on("data", (piece) => pieces.push(piece));
      stream.on("end", () => {
        keep(Buffer.concat(pieces), session);
        done();
      });
    },
  });
  server.on("error", (error) => process.stdout.write(`error ${error.message}\n`)); // a client's, which must not end it
  server.listen(secure ? config.secure_port : config.port, "127.0.0.1");
}
