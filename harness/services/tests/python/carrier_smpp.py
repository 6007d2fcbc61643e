"""smpplib's view of the SMPP carrier: bind, submit, receipt, unbind."""
import sys

import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm

host, port, account, secret = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]

wrong = smpplib.client.Client(host, port, allow_unknown_opt_params=True)
wrong.connect()
try:
    wrong.bind_transceiver(system_id=account, password="wrong")
    sys.exit("a wrong password was taken")
except smpplib.exceptions.PDUError as error:
    assert error.args[1] == smpplib.consts.SMPP_ESME_RINVPASWD, error
wrong.disconnect()

sent, receipts = {}, {}
client = smpplib.client.Client(host, port, allow_unknown_opt_params=True, timeout=10)
client.set_message_sent_handler(lambda pdu: sent.update({pdu.sequence: pdu.message_id}))


def received(pdu):
    assert pdu.is_request() and pdu.esm_class & 0x3C == 0x04, pdu.esm_class
    receipts[pdu.receipted_message_id] = (pdu.message_state, pdu.short_message)
    return 0


client.set_message_received_handler(received)
client.connect()
client.bind_transceiver(system_id=account, password=secret)

texts = ["Kode Anda 4711 SQ0000000005C", "z" * 400, "Привет " * 30]
parts = 0
for text in texts:
    pieces, coding, kind = smpplib.gsm.make_parts(text)
    for piece in pieces:
        client.send_message(
            source_addr="SQUALL",
            destination_addr="620012345678",
            short_message=piece,
            data_coding=coding,
            esm_class=kind,
            registered_delivery=True,
        )
        parts += 1

while len(receipts) < parts or len(sent) < parts:
    client.read_once()

assert {name.decode() for name in sent.values()} == {
    name.decode().rstrip("\0") if isinstance(name, bytes) else name for name in receipts
}, (sent, receipts)
for state, text in receipts.values():
    assert state == smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED if hasattr(
        smpplib.consts, "SMPP_MESSAGE_STATE_DELIVERED"
    ) else state == 2, state
    assert b"stat:DELIVRD" in text, text
client.unbind()
client.disconnect()
