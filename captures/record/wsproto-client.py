"""A client made of wsproto and a blocking socket, against a server of websockets."""

import socket

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    Request,
    TextMessage,
)

from stage import HOST, PORT, play


def client():
    connection = WSConnection(ConnectionType.CLIENT)
    with socket.create_connection((HOST, PORT)) as sock:

        def until(kind):
            while True:
                for event in connection.events():
                    if isinstance(event, Ping):
                        sock.sendall(connection.send(event.response()))
                    if isinstance(event, kind):
                        return event
                connection.receive_data(sock.recv(65536) or None)

        def send(event, answer):
            sock.sendall(connection.send(event))
            return until(answer)

        send(Request(host=f"{HOST}:{PORT}", target="/"), AcceptConnection)
        assert send(TextMessage(data="schöne Grüße"), TextMessage).data == "schöne Grüße"
        sock.sendall(connection.send(TextMessage(data="in two ", message_finished=False)))
        send(TextMessage(data="pieces"), TextMessage)
        send(BytesMessage(data=bytes(200)), BytesMessage)
        send(Ping(payload=b"from the client"), Pong)
        send(CloseConnection(code=1000, reason="that is all"), CloseConnection)
        assert not sock.recv(1)


play(client)
