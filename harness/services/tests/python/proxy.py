"""toxiproxy-python's view of the fault proxy: create, toxics, down, reset, destroy."""
import sys
import time
import urllib.request

from toxiproxy import Toxiproxy

host, port, upstream = sys.argv[1], int(sys.argv[2]), sys.argv[3]
server = Toxiproxy()
server.update_api_consumer(host, port)
assert server.running() and server.version()
proxy = server.create(name="link", upstream=upstream)


def took():
    start = time.monotonic()
    assert urllib.request.urlopen(f"http://{proxy.listen}/health", timeout=5).status == 200
    return time.monotonic() - start


took()
proxy.add_toxic(name="slow", type="latency", attributes={"latency": 300, "jitter": 0})
assert proxy.get_toxic("slow").attributes["latency"] == 300
assert took() >= 0.3
proxy.destroy_toxic("slow")
assert proxy.toxics() == {}
with proxy.down():
    try:
        took()
        sys.exit("a proxy that is down let something pass")
    except OSError:
        pass
took()
proxy.add_toxic(name="cut", type="timeout", attributes={"timeout": 100})
server.reset()
assert server.get_proxy("link").toxics() == {}
took()
server.destroy(proxy)
assert server.proxies() == {}
