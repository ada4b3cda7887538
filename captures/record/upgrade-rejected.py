"""The server answers upgrade requests with 401, 403, 404, 503 and a redirect;
the client follows the redirect to a path which is accepted."""

from stage import URL, expecting, play, serve, websockets

ANSWERS = {"/private": 401, "/forbidden": 403, "/missing": 404, "/busy": 503, "/moved": 302}


async def server():
    def process_request(connection, request):
        status = ANSWERS.get(request.path)
        if status is None:
            return None
        response = connection.respond(status, f"{request.path[1:]}\n")
        if status == 401:
            response.headers["WWW-Authenticate"] = 'Basic realm="stage"'
        if status == 302:
            response.headers["Location"] = "/welcome"
        return response

    async def greet(connection):
        await connection.send("welcome")
        await connection.wait_closed()

    await serve(greet, process_request=process_request, compression=None)


async def client():
    for path, status in ANSWERS.items():
        if status != 302:
            with expecting(websockets.InvalidStatus, f"HTTP {status}"):
                await websockets.connect(URL + path[1:])
    async with websockets.connect(URL + "moved", compression=None) as connection:
        assert await connection.recv() == "welcome"


play(server, client)
