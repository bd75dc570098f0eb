// pawl's SMTP mailer alone: called as the send-email step calls it, one mail a call, on as many threads.
#include "tests/bench/mail_loop.h"
#include "workflows/mail/mail_url.h"

int main(int argc, char** argv) {
  const pawl::bench::MailLoop loop = pawl::bench::mail_loop(argc, argv);
  const auto mailer =
      pawl::mail::make_mailer({loop.url + "?tls=none&connections=" + std::to_string(loop.connections), {}});
  return pawl::bench::run(loop, mailer->calls(), [&] {
    return [&] {
      const pawl::mail::Envelope envelope{"bench@pawl.example", "user@acme.example", "<1@pawl.example>", loop.bytes};
      return mailer->send({&envelope, 1}).front().delivery == pawl::mail::Delivery::kAccepted;
    };
  });
}
