"""What Postfix asks before it takes a recipient (its policy delegation protocol): nothing goes while a file is there."""
import os
import socketserver
import threading


class Policy:
    """Answers from the constructor on, as long as this process lives."""

    def __init__(self, port, closed):
        class Answers(socketserver.StreamRequestHandler):
            def handle(self):
                for line in self.rfile:
                    if line == b"\n":
                        self.wfile.write(b"action=reject\n\n" if os.path.exists(closed) else b"action=dunno\n\n")

        server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Answers)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
