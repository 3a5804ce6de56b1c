"""One interpreter that does what each line of its input asks for, and answers
with the nanoseconds that it took and the number of entries: "list" or "open",
type, file, password, with tabs between them."""
import sys
import time

import jks

for line in sys.stdin:
    what, _, path, password = line.rstrip("\n").split("\t")
    try:
        started = time.perf_counter_ns()
        if what == "list":
            n = len(jks.KeyStore.load(path, password, try_decrypt_keys=False).entries)
        else:
            store = jks.KeyStore.load(path, password, try_decrypt_keys=True)
            n = sum(1 for e in store.entries.values()
                    if not isinstance(e, jks.TrustedCertEntry) and e.is_decrypted())
        print(time.perf_counter_ns() - started, n, sep="\t", flush=True)
    except Exception as e:  # the other side shows it
        print("error", repr(e).replace("\n", " "), sep="\t", flush=True)
