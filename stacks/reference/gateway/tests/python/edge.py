"""The official SDK's view of the edge: create, signed callbacks, fetch, list, errors."""
import http.server
import sys
import threading
import time
import urllib.parse

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

base, account, secret, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
LIMIT_S = 30
told, changed = [], threading.Condition()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        signature = self.headers["X-Twilio-Signature"]
        url = f"http://127.0.0.1:{server.server_port}{self.path}"
        valid = RequestValidator(secret).validate(url, form, signature)
        forged = RequestValidator("wrong").validate(url, form, signature)
        with changed:
            told.append((self.path, form, valid and not forged))
            changed.notify()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()

client = Client(account, secret)
client.api.base_url = base

# Both home regions; plain, beyond the GSM alphabet, and longer than one SMS.
texts = ["Kode Anda 4711", "Привет é & = +", "z" * 150]
made = []
for number in range(count):
    to = ("+62001" if number % 2 else "+62009") + f"{number:08}"
    message = client.messages.create(
        to=to,
        from_="+15550100",
        body=f"{number} {texts[number % len(texts)]}",
        status_callback=f"http://127.0.0.1:{server.server_port}/status?run={number}&of=a%20b",
        validity_period=600,
    )
    assert message.status == "queued" and message.error_code is None, message.status
    assert message.to == to and message.body.startswith(f"{number} "), message.body
    assert message.direction == "outbound-api" and message.account_sid == account
    made.append(message)
assert len({message.sid for message in made}) == count

until = time.monotonic() + LIMIT_S
for message in made:
    while (fetched := client.messages(message.sid).fetch()).status != "delivered":
        assert fetched.status in ("queued", "sent"), fetched.status
        assert time.monotonic() < until, f"{message.sid} is still {fetched.status}"
        time.sleep(0.05)
    assert (fetched.to, fetched.from_, fetched.body) == (message.to, "+15550100", message.body)
    assert fetched.error_code is None and fetched.date_created == message.date_created


def final():
    return [form for _, form, _ in told if form["MessageStatus"] == "delivered"]


with changed:
    assert changed.wait_for(lambda: len(final()) >= count, LIMIT_S), f"callbacks: {told}"
    assert all(valid for _, _, valid in told), f"a signature does not hold: {told}"
    assert sorted(form["MessageSid"] for form in final()) == sorted(m.sid for m in made), told
    for path, form, _ in told:
        number = int(urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["run"][0])
        assert path.endswith("&of=a%20b") and form["MessageSid"] == made[number].sid, path
        assert form["AccountSid"] == account and form["To"] == made[number].to, form
        assert form["From"] == "+15550100" and "ErrorCode" not in form, form

# Newest first, over several pages.
newest = [message.sid for message in reversed(made)]
assert [message.sid for message in client.messages.list(page_size=4)] == newest
assert [message.sid for message in client.messages.list(limit=2)] == newest[:2]
assert [message.sid for message in client.messages.list(to=made[1].to)] == [made[1].sid]
assert client.messages.list(from_="+1999") == []

stranger = Client(account, "wrong")
stranger.api.base_url = base
refusals = [
    (lambda: client.messages("SM" + "0" * 32).fetch(), 404, 20404),
    (lambda: client.messages.create(to="x", from_="+15550100", body="x"), 400, 21211),
    (lambda: client.messages(made[0].sid).delete(), 405, 20004),
    (lambda: stranger.messages(made[0].sid).fetch(), 401, 20003),
    (lambda: stranger.messages.create(to=made[0].to, from_="+15550100", body="x"), 401, 20003),
]
for act, status, code in refusals:
    try:
        act()
        sys.exit(f"{code} was expected")
    except TwilioRestException as error:
        assert (error.status, error.code) == (status, code), error
