"""Samples and what is said about them. No unit is assumed."""

import math
import statistics
from collections.abc import Callable, Sequence

Sampler = Callable[[], float]


def percentile(samples: Sequence[float], percent: float) -> float:
    """The value that `percent` of the samples do not exceed, interpolated between neighbours."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = math.ceil(place)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def p50(samples: Sequence[float]) -> float:
    """The median."""
    return statistics.median(samples)


def p95(samples: Sequence[float]) -> float:
    """What all but one in twenty stay within."""
    return percentile(samples, 95)


def midmean(samples: Sequence[float]) -> float:
    """The mean of the middle half: deaf to hiccups, and on few samples steadier than the median."""
    ordered = sorted(samples)
    quarter = len(ordered) // 4
    return statistics.fmean(ordered[quarter : len(ordered) - quarter])


def alternate(
    count: int, samplers: Sequence[Sampler], warm_up: int = 0, *, is_mirrored: bool = True
) -> list[list[float]]:
    """Take `count` samples of each sampler, in turns, so that noise and drift meet all alike.

    :param warm_up: rounds before those that count
    :param is_mirrored: whether every other round goes backwards, so that nobody always comes
        second. Then each comes twice in a row; where the second time is quicker for that, samples
        fall into two heaps, and their median anywhere between.
    :return: the samples of each sampler
    """
    taken: list[list[float]] = [[] for _ in samplers]
    for number in range(-warm_up, count):
        order = list(enumerate(samplers))
        for index, sampler in reversed(order) if is_mirrored and number % 2 == 0 else order:
            value = sampler()
            if number >= 0:
                taken[index].append(value)
    return taken


def busiest(times: Sequence[float], seconds: float) -> int:
    """The largest number of `times` in any window of `seconds`; a window excludes its end."""
    ordered = sorted(times)
    most = start = 0
    for end, time in enumerate(ordered):
        while ordered[start] <= time - seconds:
            start += 1
        most = max(most, end - start + 1)
    return most


def rounded(samples: Sequence[float], digits: int) -> list[float]:
    """Samples short enough to be kept in a file."""
    return [round(sample, digits) for sample in samples]
