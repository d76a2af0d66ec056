"""Answers at random, in the canonical form and as people type or tap them."""

from random import Random

from tests.voting.history import Paper

KEYCAPS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣")
WORDS = {"yes": "ja", "no": "nein", "abstain": "enthaltung", "maybe": "notfalls"}
THUMBS = (("👍", "yes"), ("👎", "no"))


def answer(rng: Random, paper: Paper) -> str:
    """An answer that this ballot takes."""
    if rng.random() < 0.12:
        return "abstain"
    numbers = list(range(1, paper.options + 1))
    match paper.kind:
        case "approval":
            return rng.choice(("yes", "yes", "no"))
        case "choice":
            return str(rng.choice(numbers))
        case "multiple":
            return ",".join(str(each) for each in sorted(rng.sample(numbers, rng.randint(1, len(numbers)))))
        case "ranking":
            rng.shuffle(numbers)
            tiers = [[numbers[0]]]
            for number in numbers[1:]:
                if rng.random() < 0.25:
                    tiers[-1].append(number)
                else:
                    tiers.append([number])
            return ">".join("=".join(str(each) for each in sorted(tier)) for tier in tiers)
        case "points":
            given = dict.fromkeys(numbers, 0)
            for _ in range(rng.randint(1, paper.points)):
                given[rng.choice(numbers)] += 1
            return ",".join(f"{number}:{points}" for number, points in given.items() if points)
        case "resistance":
            return ",".join(f"{number}:{rng.randint(0, 10)}" for number in numbers)
    return ",".join(f"{number}:{rng.choice(('yes', 'maybe', 'no'))}" for number in numbers)


def in_words(canonical: str, paper: Paper) -> str:
    """As somebody types it."""
    if canonical in WORDS:
        return WORDS[canonical]
    match paper.kind:
        case "multiple":
            return canonical.replace(",", ", ")
        case "ranking":
            return canonical.replace(">", " > ").replace("=", " = ")
        case "points" | "resistance":
            return canonical.replace(":", "=").replace(",", " ")
        case "dates":
            pairs = [part.split(":") for part in canonical.split(",")]
            return ", ".join(f"{number} {WORDS[fit]}" for number, fit in pairs)
    return canonical


def no_answer(paper: Paper) -> str:
    """Words that this ballot does not take."""
    return {
        "choice": "1, 2",
        "multiple": "1, 9",
        "ranking": "1 > 1",
        "points": f"1={paper.points} 2=1",
        "resistance": "1=0 2=11",
    }.get(paper.kind, "vielleicht")


def sign(rng: Random, paper: Paper) -> tuple[str, str]:
    """An emoji, and what it stands for: the one option, an abstention, or nothing here."""
    chance = rng.random()
    if chance < 0.1:
        return "🤷", "abstain"
    if chance < 0.15:
        return "🎉", ""
    if paper.kind == "approval":
        return rng.choice(THUMBS)
    number = rng.randint(1, paper.options)
    return KEYCAPS[number - 1], str(number)
