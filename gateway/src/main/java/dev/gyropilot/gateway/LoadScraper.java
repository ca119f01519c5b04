package dev.gyropilot.gateway;

/** Asks engines for their load. */
final class LoadScraper implements AutoCloseable {
    private LoadScraper() {}

    static LoadScraper start(Gateway gateway) {
        return new LoadScraper();
    }

    @Override
    public void close() {}
}
