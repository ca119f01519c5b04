/** Embeddings by ONNX Runtime, with the tokenizer written here. */
@NullMarked
package dev.gyropilot.engines.onnx;

import org.jspecify.annotations.NullMarked;
