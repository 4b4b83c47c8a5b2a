"""The model without a server: waits for a line, then predicts batches; prints items/s and median ms."""

import sys
import time

import loaded

batch, seconds = int(sys.argv[1]), float(sys.argv[2])
found = loaded.load()
body = next(loaded.FOLDER.glob("sample.*")).read_bytes()
sys.stdin.readline()
times: list[float] = []
end = time.perf_counter() + seconds
while time.perf_counter() < end:
    start = time.perf_counter()
    loaded.predict(found, [body] * batch)
    times.append(time.perf_counter() - start)
print(len(times) * batch / sum(times), sorted(times)[len(times) // 2] * 1000)
