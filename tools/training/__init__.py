"""`make train`: the classification model of routing, from its corpus to an artefact that is not worse than before."""
