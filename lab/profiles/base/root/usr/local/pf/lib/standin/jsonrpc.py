"""
Calls a node's webservices. Implements packetfence.md 2.6 and packetfence-run.md C10 (codes and texts of curl), D8, H3 (a
refused login shows as a JSON error: the client parses the HTML page).
"""
import base64
import errno
import http.client
import json
import socket

from standin import era
from standin.conf import scaled

PORT = 9090


class Failure(Exception):
    """In PacketFence's words."""


def call(host, method, params, user, password):
    """
    `params`: a flat list of key, value, ... The result is a list. Nothing limits an answer's time, as there; a
    connection that nobody refuses ends with the kernel's patience (135 s).
    """
    patience = scaled(135)
    connection = era.connection(host, PORT, patience)
    try:
        connection.connect()
        connection.sock.settimeout(None)
    except socket.gaierror:
        raise curl(6, "Couldn't resolve host name", f'Could not resolve host: {host}')
    except TimeoutError:
        raise curl(28, 'Timeout was reached', unreached(host, patience))
    except OSError as error:
        if error.errno == errno.ETIMEDOUT:
            raise curl(28, 'Timeout was reached', unreached(host, patience))
        raise curl(7, "Couldn't connect to server", unreached(host, 0) + ": Couldn't connect to server")
    try:
        connection.request('POST', '/', json.dumps({'jsonrpc': '2.0', 'id': 0, 'method': method, 'params': params}), {
            'Content-Type': 'application/json-rpc', 'Request': method,
            'Authorization': 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()})
        body = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise curl(56, 'Failure when receiving data from the peer', str(error))
    finally:
        connection.close()
    try:
        answer = json.loads(body)
    except ValueError:
        raise Failure('malformed JSON string, neither tag, array, object, number, string or atom, at character offset 0 '
                      f'(before "{body[:20]}...") at /usr/local/pf/lib/pf/api/jsonrpcclient.pm line 156.\n')
    if 'error' in answer:
        raise Failure(answer['error']['message'])
    return answer['result']


def unreached(host, seconds):
    return f'Failed to connect to {host} port {PORT} after {int(seconds * 1000)} ms'


def curl(code, text, detail):
    return Failure(f'An error occured while sending a JSONRPC request: {code} {text} {detail} '
                   'at /usr/local/pf/lib/pf/api/jsonrpcclient.pm line 161.\n')
