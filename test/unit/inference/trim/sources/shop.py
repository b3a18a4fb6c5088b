"""Orders of a small shop."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


class OutOfStock(Exception):
    """Raised when an article isn't there."""


@dataclass(frozen=True)
class Article:
    name: str
    price: int
    tags: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.name} ({self.price / 100:.2f})"


@dataclass
class Order:
    number: int
    lines: dict[str, int] = field(default_factory=dict)

    def add(self, article: Article, count: int = 1) -> None:
        if count < 1:
            raise ValueError("count must be positive")
        self.lines[article.name] = self.lines.get(article.name, 0) + count

    def total(self, prices: dict[str, int]) -> int:
        return sum(prices[name] * count for name, count in self.lines.items())


def read_articles(path: Path) -> list[Article]:
    with path.open(encoding="utf-8") as file:
        rows = json.load(file)
    articles = []
    for row in rows:
        try:
            articles.append(Article(row["name"], int(row["price"]), tuple(row.get("tags", []))))
        except (KeyError, ValueError) as error:
            raise ValueError(f"row {row!r} isn't an article") from error
    return articles


def by_tag(articles: list[Article]) -> dict[str, list[Article]]:
    groups: dict[str, list[Article]] = defaultdict(list)
    for article in articles:
        for tag in article.tags:
            groups[tag].append(article)
    return dict(groups)


def cheapest(articles: list[Article], tag: str | None = None) -> Article | None:
    matching = [
        article
        for article in articles
        if tag is None or tag in article.tags
    ]
    if not matching:
        return None
    return min(matching, key=lambda article: (article.price, article.name))


if __name__ == "__main__":
    for article in read_articles(Path("articles.json")):
        print(article.label)
