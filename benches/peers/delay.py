"""A proxy on 127.0.0.1 that delays each request, like the network latency to a region.

    python delay.py PORT TARGET-PORT MILLISECONDS
"""

import asyncio
import sys

PORT, TARGET, DELAY = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) / 1000


async def message(reader):
    """One request or response with its body; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        return head + await chunks(reader), fields
    return head + await reader.readexactly(int(fields.get(b"content-length", 0))), fields


async def chunks(reader):
    body = b""
    while True:
        size = await reader.readline()
        chunk = await reader.readexactly(int(size.split(b";")[0], 16) + 2)
        body += size + chunk
        if int(size.split(b";")[0], 16) == 0:
            return body


async def serve(client_reader, client_writer):
    reader, writer = await asyncio.open_connection("127.0.0.1", TARGET)
    try:
        while request := await message(client_reader):
            await asyncio.sleep(DELAY)
            writer.write(request[0])
            response = await message(reader)
            if response is None:
                break
            client_writer.write(response[0])
            await client_writer.drain()
            if b"close" in response[1].get(b"connection", b""):
                break
    finally:
        writer.close()
        client_writer.close()


async def main():
    # The functions' zip is a single request.
    server = await asyncio.start_server(serve, "127.0.0.1", PORT, limit=64 * 1024 * 1024)
    await server.serve_forever()


asyncio.run(main())
