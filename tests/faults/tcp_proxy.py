#!/usr/bin/python3
"""A TCP proxy in front of a server on 127.0.0.1 that misbehaves as told, kept while standard input is open.

    tcp_proxy.py SERVER_PORT

Prints its port first. One line in, one line out:

    pass              forwards everything (at first)
    silent            takes connections and data, acknowledges, forwards nothing ever
    drop-reply TEXT [then TEXT]
                      once a connection sends TEXT, and after it the second one, waits for the whole reply (Postgres
                      protocol), then closes both sides; each such order is for one reply
    rate BYTES        forwards what the server says at so many bytes a second and connection
    close             closes every connection now
    fired             prints how many replies were dropped
    connections       prints how many connections were accepted
"""
import asyncio
import re
import sys
import threading

SERVER_PORT = int(sys.argv[1])
READY_FOR_QUERY = b"Z\0\0\0\5"
PREPARED = re.compile(rb"P.{4}(pawl_[0-9_]+\0)", re.DOTALL)  # the text is sent then, and the name when it is executed


class Proxy:
    def __init__(self):
        self.silent = False
        self.rate = 0
        self.orders = []
        self.fired = 0
        self.accepted = 0
        self.writers = set()

    async def serve(self, reader, writer):
        self.accepted += 1
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", SERVER_PORT)
        except OSError:
            writer.close()
            return
        doomed = asyncio.Event()
        self.writers |= {writer, upstream_writer}
        try:
            await asyncio.gather(self.requests(reader, upstream_writer, doomed),
                                 self.replies(upstream_reader, writer, doomed))
        except OSError:
            pass
        finally:
            for each in (writer, upstream_writer):
                each.close()
                self.writers.discard(each)

    async def requests(self, reader, writer, doomed):
        seen, awaited = b"", []
        while data := await reader.read(65536):
            seen = seen[-4000:] + data
            if any(name in data for name in awaited):
                doomed.set()
            for order in self.orders:
                if order.search(seen):
                    self.orders.remove(order)
                    if prepared := PREPARED.search(data):
                        awaited.append(prepared[1])
                        seen = b""
                    else:
                        doomed.set()
                    break
            if not self.silent:
                writer.write(data)
                await writer.drain()
        writer.write_eof()

    async def replies(self, reader, writer, doomed):
        reply = b""
        while data := await reader.read(65536):
            if doomed.is_set():
                reply += data
                if reply[-6:-1] == READY_FOR_QUERY:
                    self.fired += 1
                    raise ConnectionError
            elif not self.silent:
                if self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                writer.write(data)
                await writer.drain()
        writer.write_eof()

    def obey(self, line):
        verb, _, text = line.partition(" ")
        if verb == "fired":
            return str(self.fired)
        if verb == "connections":
            return str(self.accepted)
        if verb == "drop-reply":
            parts = [re.escape(part.encode()) for part in text.split(" then ")]
            self.orders.append(re.compile(b".*".join(parts), re.DOTALL))
        elif verb == "rate":
            self.rate = int(text)
        elif verb == "close":
            for writer in self.writers:
                writer.transport.abort()
        else:
            self.silent = verb == "silent"
        return "ok"


async def main():
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def listen():
        for line in sys.stdin:
            loop.call_soon_threadsafe(lambda line=line: print(proxy.obey(line.strip()), flush=True))
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, daemon=True).start()
    await ended.wait()
    for writer in proxy.writers:
        writer.transport.abort()


asyncio.run(main())
