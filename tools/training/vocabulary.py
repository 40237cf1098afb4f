"""The n-grams that a model may know, with their rarities, and the corpus as a table of them (TF-IDF)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import diags
from sklearn.feature_extraction.text import CountVectorizer

from services.routing.lexicon import Lexicon
from services.routing.model.ngrams import ngrams, topics
from tools.training.corpus import Utterance

MIN_TEXTS = 2
"""An n-gram that fewer texts have is left out."""


@dataclass(frozen=True)
class Vocabulary:
    """`table`: texts x n-grams; `texts`: how many have each n-gram; `rarest`: the rarity of an unknown one."""

    grams: Sequence[str]
    texts: Any
    rarities: Any
    rarest: float
    table: Any

    def best(self, weights: Any, most: int) -> "Vocabulary":
        """Those `most` that matter: by their weights (classes x n-grams, of a model that knows them all) beside the
        heaviest of each class, and by how many texts have them. What is left out still makes a text longer."""
        folded = np.abs(weights * self.rarities)
        shares = folded / folded.max(axis=1, keepdims=True)
        worth = np.sqrt((shares**2).sum(axis=0) * self.texts)
        kept = np.sort(np.argsort(-worth, kind="stable")[:most])
        grams = [self.grams[place] for place in kept]
        columns = self.table.tocsc()[:, kept].tocsr()
        return replace(self, grams=grams, texts=self.texts[kept], rarities=self.rarities[kept], table=columns)


def vocabulary(utterances: Sequence[Utterance], lexicon: Lexicon) -> Vocabulary:
    """Of the corpus. The length of a text counts the n-grams that are left out too, as an unknown one counts in the
    running service: whoever says little that is known is not understood surely."""
    counter = CountVectorizer(analyzer=lambda utterance: _read(utterance, lexicon), binary=True)
    counts = counter.fit_transform(utterances)
    texts = np.asarray(counts.sum(axis=0)).ravel()
    rarities = np.log((1 + len(utterances)) / (1 + texts)) + 1
    full = counts.multiply(rarities).tocsr()
    lengths = np.sqrt(np.asarray(full.multiply(full).sum(axis=1)).ravel())
    kept = np.flatnonzero(texts >= MIN_TEXTS)
    grams = [str(gram) for gram in counter.get_feature_names_out()[kept]]
    table = diags(1 / lengths) @ full[:, kept]
    return Vocabulary(grams, texts[kept], rarities[kept], float(rarities.max()), table)


def _read(utterance: Utterance, lexicon: Lexicon) -> list[str]:
    text = lexicon.read(utterance.text)
    return [*ngrams(text), *topics(lexicon.search(text))]
