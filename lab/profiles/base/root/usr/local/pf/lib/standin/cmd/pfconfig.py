"""`pfcmd pfconfig clear_backend`: silent (packetfence.md 1.6)."""


def run(action):
    if action != 'clear_backend':
        raise TypeError
