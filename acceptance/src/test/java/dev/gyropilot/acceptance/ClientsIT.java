package dev.gyropilot.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The unmodified OpenAI clients for Python and JavaScript. */
@Tag("process")
class ClientsIT {
    private static final Gyropilot gyropilot = Gyropilot.fresh();

    @BeforeAll
    static void start() {
        gyropilot.up("minilm").succeeded();
        gyropilot.gyro("deploy", "simulated", "--name", "sim", "--wait").succeeded();
    }

    @AfterAll
    static void stop() {
        gyropilot.close();
    }

    @Test
    void python() {
        Needs.succeeds("python3 has no openai module", "python3", "-c", "import openai");
        String out = gyropilot.run("python3", "-c", """
                        import openai
                        client = openai.OpenAI()
                        vector = client.embeddings.create(model="minilm", input="hello").data[0].embedding
                        plain = client.embeddings.create(model="minilm", input="hello", encoding_format="float").data[0].embedding
                        assert len(vector) == 384 and max(abs(a - b) for a, b in zip(vector, plain)) < 1e-6
                        assert "minilm" in [m.id for m in client.models.list()]
                        try:
                            client.embeddings.create(model="nope", input="x")
                        except openai.NotFoundError as e:
                            assert e.code == "model_not_found", e
                        try:
                            openai.OpenAI(api_key="wrong").models.list()
                        except openai.AuthenticationError as e:
                            assert e.code == "invalid_api_key", e
                        answer = client.chat.completions.create(model="sim", messages=[{"role": "user", "content": "hi"}], max_tokens=8)
                        assert answer.usage.completion_tokens == 8, answer
                        chunks = list(client.chat.completions.create(model="sim", messages=[{"role": "user", "content": "hi"}], max_tokens=8, stream=True))
                        assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == answer.choices[0].message.content
                        assert all(c.usage is None for c in chunks)
                        print("python agrees")
                        """).succeeded().out();
        assertThat(out).contains("python agrees");
    }

    @Test
    void javascript() {
        Needs.succeeds("node has no openai module", "node", "-e", "require('openai')");
        String out = gyropilot.run("node", "-e", """
                        const OpenAI = require('openai');
                        const assert = require('assert');
                        (async () => {
                          const client = new OpenAI();
                          const vector = (await client.embeddings.create({model: 'minilm', input: 'hello'})).data[0].embedding;
                          assert.equal(vector.length, 384);
                          await assert.rejects(client.embeddings.create({model: 'nope', input: 'x'}), e => e.status === 404 && e.code === 'model_not_found');
                          const stream = await client.chat.completions.create({model: 'sim', messages: [{role: 'user', content: 'hi'}], max_tokens: 8, stream: true, stream_options: {include_usage: true}});
                          let text = '', usage;
                          for await (const chunk of stream) { text += chunk.choices[0]?.delta?.content ?? ''; usage = chunk.usage ?? usage; }
                          assert.ok(text.length > 0);
                          assert.equal(usage.completion_tokens, 8);
                          console.log('javascript agrees');
                        })().catch(e => { console.error(e); process.exit(1); });
                        """).succeeded().out();
        assertThat(out).contains("javascript agrees");
    }
}
