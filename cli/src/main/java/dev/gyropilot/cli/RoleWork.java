package dev.gyropilot.cli;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a role does once it may act, as one thing that can be started, given other settings, and stopped. */
interface RoleWork extends AutoCloseable {
    /** Whether it can do its work. */
    boolean ready();

    /** Takes over other settings, which have been checked. */
    void reconfigure(Configuration configuration) throws Exception;

    @Override
    void close();

    /** Work that takes other settings by being started anew. */
    final class Restarted implements RoleWork {
        private static final Logger log = LoggerFactory.getLogger(Restarted.class);

        /** Starts the work by a configuration. */
        interface Start {
            AutoCloseable by(Configuration configuration) throws Exception;
        }

        private final Start start;
        private @Nullable AutoCloseable running;

        Restarted(Start start) {
            this.start = start;
        }

        @Override
        public synchronized boolean ready() {
            return running != null;
        }

        @Override
        public synchronized void reconfigure(Configuration configuration) throws Exception {
            close();
            running = start.by(configuration);
        }

        @Override
        public synchronized void close() {
            if (running != null) {
                try {
                    running.close();
                } catch (Exception e) {
                    log.warn("a part did not stop cleanly", e);
                }
                running = null;
            }
        }
    }
}
