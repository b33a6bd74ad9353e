from tests.wild.ground import Ground


def main(ground: Ground, arguments: list[str]) -> int:
    return 0
