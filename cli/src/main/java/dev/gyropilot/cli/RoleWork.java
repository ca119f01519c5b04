package dev.gyropilot.cli;

/** What a role does, as one thing that can be started, given other settings, and stopped. */
interface RoleWork extends AutoCloseable {
    /** Begins by settings which have been checked. */
    void start(Configuration configuration) throws Exception;

    /** Takes over other settings, which have been checked. */
    void reconfigure(Configuration configuration) throws Exception;

    /** Whether it can do its work, or take it over at any moment. */
    boolean ready();

    /** Whether this process is the one that acts. */
    boolean acts();

    /** False when only a new process helps. */
    boolean live();

    @Override
    void close();
}
