package dev.gyropilot.engines.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.gyropilot.engines.EngineException;
import dev.gyropilot.engines.EngineException.Code;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A sentence encoder of the BERT family in ONNX form: tokens in, one vector of length 1 out, which is the mean of the
 * last layer's token vectors.
 *
 * <p>Texts run one at a time, each alone in its call. A quantised model scales its activations by the largest value in
 * the whole input, so texts that share a call would change each other's vectors; and on a CPU sharing gains little.
 * Safe for use by several threads.
 */
final class EmbeddingModel implements AutoCloseable {
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final WordPiece tokenizer;
    private final int maxTokens;
    private final int dimensions;
    private final boolean wantsTypeIds;
    private final String output;

    /** Loads a model. The bytes may be freed afterwards. */
    EmbeddingModel(ByteBuffer model, String source, WordPiece tokenizer, int maxTokens) {
        this.tokenizer = tokenizer;
        this.maxTokens = maxTokens;
        environment = OnnxRuntime.environment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = environment.createSession(model, options);
            Map<String, NodeInfo> inputs = session.getInputInfo();
            wantsTypeIds = inputs.containsKey("token_type_ids");
            if (!inputs.containsKey("input_ids") || !inputs.containsKey("attention_mask")) {
                throw new EngineException(
                        Code.DATA,
                        source + " takes " + inputs.keySet() + "; this engine serves encoders that take input_ids and"
                                + " attention_mask.");
            }
            Map.Entry<String, NodeInfo> first =
                    session.getOutputInfo().entrySet().iterator().next();
            output = first.getKey();
            long[] shape = first.getValue().getInfo() instanceof TensorInfo info ? info.getShape() : new long[0];
            if (shape.length != 3 || shape[2] <= 0) {
                throw new EngineException(
                        Code.DATA,
                        source + " answers " + output + " of shape " + Arrays.toString(shape)
                                + "; an encoder answers [batch, tokens, size].");
            }
            dimensions = (int) shape[2];
        } catch (OrtException e) {
            throw new EngineException(
                    Code.DATA,
                    source + " is not a model that ONNX Runtime can load (" + e.getMessage()
                            + "). It may be damaged or half downloaded: fetch it again and compare its checksum.",
                    e);
        }
    }

    /** The vector of framed tokens. */
    float[] embed(long[] ids) {
        long[] shape = {1, ids.length};
        long[] ones = new long[ids.length];
        Arrays.fill(ones, 1);
        try (OnnxTensor input = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
                OnnxTensor mask = OnnxTensor.createTensor(environment, LongBuffer.wrap(ones), shape);
                OnnxTensor types = OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape)) {
            Map<String, OnnxTensor> inputs = HashMap.newHashMap(3);
            inputs.put("input_ids", input);
            inputs.put("attention_mask", mask);
            if (wantsTypeIds) {
                inputs.put("token_type_ids", types);
            }
            try (OrtSession.Result result = session.run(inputs, java.util.Set.of(output))) {
                return normalizedMean(((OnnxTensor) result.get(0)).getFloatBuffer(), ids.length);
            }
        } catch (OrtException e) {
            throw new EngineException(
                    Code.INTERNAL, "ONNX Runtime failed on " + ids.length + " tokens: " + e.getMessage(), e);
        }
    }

    private float[] normalizedMean(FloatBuffer hidden, int tokens) {
        double[] sums = new double[dimensions];
        for (int t = 0; t < tokens; t++) {
            for (int d = 0; d < dimensions; d++) {
                sums[d] += hidden.get();
            }
        }
        double squares = 0;
        for (double sum : sums) {
            squares += sum * sum;
        }
        // The mean's divisor cancels out in the norm.
        double norm = Math.max(Math.sqrt(squares), 1e-12);
        float[] vector = new float[dimensions];
        for (int d = 0; d < dimensions; d++) {
            vector[d] = (float) (sums[d] / norm);
        }
        return vector;
    }

    WordPiece tokenizer() {
        return tokenizer;
    }

    /** Most tokens of one text, the two marks included. */
    int maxTokens() {
        return maxTokens;
    }

    /** The length of its vectors. */
    int dimensions() {
        return dimensions;
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new EngineException(Code.INTERNAL, "Closing the model failed: " + e.getMessage(), e);
        }
    }
}
