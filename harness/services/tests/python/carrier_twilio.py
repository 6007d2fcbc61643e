"""The official SDK's view of the Twilio carrier: create, callback signature, fetch, list, errors."""
import http.server
import sys
import threading
import urllib.parse

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

base, account, secret = sys.argv[1], sys.argv[2], sys.argv[3]
told, arrived = [], threading.Event()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        signature = self.headers["X-Twilio-Signature"]
        told.append((form, RequestValidator(secret).validate(callback, form, signature)))
        self.send_response(204)
        self.end_headers()
        arrived.set()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
callback = f"http://127.0.0.1:{server.server_port}/status?run=1"

client = Client(account, secret)
client.api.base_url = base
text = "Kode Anda 4711 é"
made = client.messages.create(
    to="+620012345678", from_="+15550100", body=text, status_callback=callback, validity_period=60
)
assert made.status == "queued" and made.body == text and made.error_code is None, made
assert arrived.wait(10), "no callback"
form, valid = told[0]
assert valid, "the signature does not hold"
assert form["MessageSid"] == made.sid and form["MessageStatus"] == "delivered", form

fetched = client.messages(made.sid).fetch()
assert fetched.status == "delivered" and fetched.to == "+620012345678", fetched
assert fetched.date_created.year >= 2025

for number in range(6):
    client.messages.create(to="+620012345679", from_="+15550100", body=f"{number}")
listed = [message.body for message in client.messages.list(to="+620012345679", page_size=4)]
assert listed == ["5", "4", "3", "2", "1", "0"], listed
assert client.messages.list(from_="+1999") == []

assert client.messages(made.sid).update(body="").body == ""
assert client.messages(made.sid).delete()
for act, code in [
    (lambda: client.messages(made.sid).fetch(), 20404),
    (lambda: client.messages.create(to="x", from_="+15550100", body="x"), 21211),
]:
    try:
        act()
        sys.exit(f"{code} was expected")
    except TwilioRestException as error:
        assert error.code == code, error

stranger = Client(account, "wrong")
stranger.api.base_url = base
try:
    stranger.messages(made.sid).fetch()
    sys.exit("wrong credentials were taken")
except TwilioRestException as error:
    assert error.status == 401 and error.code == 20003, error
