#!/usr/bin/env python3
"""A payment service in memory that knows every idempotency key again: payment_service.py PORT."""
import http.server
import json
import sys


class PaymentService(http.server.ThreadingHTTPServer):
    """`effects` has the answer to each key; the first `refusals` requests are refused for now."""
    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Request)
        self.effects = {}
        self.requests = []  # the path and the key of each
        self.refusals = 0

    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Request(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        service = self.server
        key = self.headers["Idempotency-Key"]
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.requests.append((self.path, key))
        if service.refusals > 0:
            service.refusals -= 1
            return self.answer(503, {})
        if request.get("card") == "tok_empty":
            return self.answer(402, {})
        prefix = {"/charges": "ch", "/refunds": "re"}[self.path]
        self.answer(200, service.effects.setdefault(key, {"id": f"{prefix}_{len(service.effects) + 1}", **request}))

    def answer(self, status, document):
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    PaymentService(int(sys.argv[1])).serve_forever()
