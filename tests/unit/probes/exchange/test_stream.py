import asyncio

from probes.exchange.stream import TimedStream


class ManualClock:
    """Goes forward by a millisecond whenever it is read, else when told."""

    def __init__(self):
        self.time_s = 0.0

    def monotonic(self):
        self.time_s += 0.001
        return self.time_s


class SlowStream:
    """Lets time pass on the clock of the test with each call."""

    def __init__(self, clock, *, send_s, receive_s):
        self.clock = clock
        self.send_s = send_s
        self.receive_s = receive_s

    async def send(self, data):
        self.clock.time_s += self.send_s

    async def receive(self):
        self.clock.time_s += self.receive_s
        return b"answer"


def waited_ms(steps, **delays):
    clock = ManualClock()
    timed = TimedStream(SlowStream(clock, **delays), clock)

    async def scene():
        for step in steps:
            if isinstance(step, float):
                clock.time_s += step
            else:
                await (timed.send(b"x") if step == "send" else timed.receive())

    asyncio.run(scene())
    return round(timed.waited_ms)


def test_an_answer_is_waited_for_from_the_sending_on():
    assert waited_ms(["send", "receive"], send_s=0.2, receive_s=0.5) == 701


def test_what_is_calculated_between_is_left_out():
    assert waited_ms(["send", "receive", 5.0, "receive"], send_s=0.0, receive_s=0.1) == 202


def test_a_second_question_is_waited_for_as_well():
    assert waited_ms(["send", "receive", 5.0, "send", "receive", 7.0], send_s=0.0, receive_s=0.1) == 202


def test_what_is_sent_last_is_waited_for_by_nobody():
    assert waited_ms(["send"], send_s=3.0, receive_s=0.0) == 0
