package dev.gyropilot.acceptance;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that ask for embeddings without a pause, and what they got. */
final class Load implements AutoCloseable {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicInteger answers = new AtomicInteger();
    private final List<String> failures = new ArrayList<>();
    private final List<Thread> clients = new ArrayList<>();

    Load(Gyropilot gyropilot, String model, int parallel) {
        for (int i = 0; i < parallel; i++) {
            clients.add(Thread.ofVirtual().start(() -> ask(gyropilot, model)));
        }
    }

    private void ask(Gyropilot gyropilot, String model) {
        String body = "{\"model\":\"" + model + "\",\"input\":\"a sentence about gyroscopes\"}";
        while (!stop.get()) {
            try {
                var response = gyropilot.post("/v1/embeddings", body);
                if (response.statusCode() == 200) {
                    answers.incrementAndGet();
                } else {
                    fail(response.statusCode() + " " + response.body());
                }
            } catch (RuntimeException e) {
                fail(e.toString());
            }
        }
    }

    private void fail(String what) {
        synchronized (failures) {
            failures.add(what);
        }
    }

    int answers() {
        return answers.get();
    }

    List<String> failures() {
        synchronized (failures) {
            return List.copyOf(failures);
        }
    }

    @Override
    public void close() {
        stop.set(true);
        try {
            for (Thread client : clients) {
                client.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
