#!/usr/bin/python3
"""Tells Jasmin's console what a file says, line by line, and waits for its prompt after each.

    console.py FILE PID

PID is Jasmin's: where it ends there is nobody to wait for. Lines that begin with # and empty ones are left out.
"""

import os
import re
import socket
import sys
import time

AT = ("127.0.0.1", 8990)
ACCOUNT = ("jcliadmin", "jclipwd")
# Of a console that speaks to a terminal: what moves its cursor, and what negotiates.
NOISE = re.compile(rb"\x1b(\[[0-9;?]*[a-zA-Z]|[()#][0-9A-Za-z]|[c=>])|\xff[\xfb-\xfe].")
# Between commands, and within one.
PROMPTS = ("jcli : ", "> ")
PATIENCE_S = 60
# What it says of a line that it took, where it says anything.
TAKEN = re.compile(r"Adding a new|Successfully|arguments|configuration persisted")


def connect(pid):
    """The console listens once Jasmin has its broker."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return socket.create_connection(AT, timeout=PATIENCE_S)
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"the console of Jasmin does not listen: {error}")
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            sys.exit("Jasmin ended before its console could be told anything")
        time.sleep(0.1)


def until(console, *prompts):
    """What it says up to one of these prompts."""
    said = b""
    while True:
        text = NOISE.sub(b"", said).replace(b"\r", b"").decode("ascii", "replace")
        if text.endswith(prompts):
            return text
        chunk = console.recv(4096)
        if not chunk:
            sys.exit(f"the console of Jasmin closed: {text.strip()}")
        said += chunk


def tell(console, line, *prompts):
    console.sendall(line.encode("ascii") + b"\r\n")
    return until(console, *prompts)


def main(path, pid):
    with open(path, encoding="ascii") as file:
        lines = [line.strip() for line in file]
    with connect(int(pid)) as console:
        until(console, "Authentication required.\n\n")
        tell(console, ACCOUNT[0], "Password: ")
        tell(console, ACCOUNT[1], PROMPTS[0])
        for line in lines:
            if not line or line.startswith("#"):
                continue
            # It begins with an echo of the line and ends with a prompt.
            answer = tell(console, line, *PROMPTS).removeprefix(line)
            answer = answer.removesuffix(PROMPTS[0]).removesuffix(PROMPTS[1]).strip()
            if answer and (not TAKEN.search(answer) or "Failed" in answer):
                sys.exit(f"the console of Jasmin did not take {line.split()[0]}: {answer}")


if __name__ == "__main__":
    main(*sys.argv[1:])
