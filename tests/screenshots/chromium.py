"""Headless Chromium, driven over two pipes by the DevTools protocol: no port is opened."""
import base64
import itertools
import json
import os
import subprocess
import tempfile


class Chromium:
    """Messages are JSON texts that end in a zero byte; the browser reads descriptor 3 and writes descriptor 4."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory()
        reads, self.writer = os.pipe()
        self.reader, writes = os.pipe()
        command = ["chromium", "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
                   "--hide-scrollbars", "--no-first-run", f"--user-data-dir={self.profile.name}", "about:blank"]

        def take_three_and_four():
            high = (os.dup(reads), os.dup(writes))  # 3 and 4 may be among them
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(command, preexec_fn=take_three_and_four, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(reads)
        os.close(writes)
        self.numbers = itertools.count(1)
        self.unread = b""
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.writer)  # it ends when nobody can tell it anything any more
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.reader)
        self.profile.cleanup()

    def receive(self):
        while b"\0" not in self.unread:
            piece = os.read(self.reader, 1 << 16)
            if not piece:
                raise SystemExit("chromium ended before it answered; run it by hand to see why")
            self.unread += piece
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        number = next(self.numbers)
        request = {"id": number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.writer, json.dumps(request).encode() + b"\0")
        while (answer := self.receive()).get("id") != number:
            pass
        if "error" in answer:
            raise SystemExit(f"chromium: {method}: {answer['error']['message']}")
        return answer["result"]

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def show(self, html, width, theme):
        """Lays the page out in a window of that width and theme, and makes the window as high as the page."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=100, deviceScaleFactor=1, mobile=False)
        frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self.call("Page.setDocumentContent", frameId=frame, html=html)
        height = self.evaluate("document.documentElement.scrollHeight")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self):
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
