package dev.gyropilot.gateway;

/** How an attempt at a replica failed. */
enum UpstreamFault {
    /** No connection came about: the request was not processed. */
    CONNECT,
    /** The connection ended before the answer was complete. */
    CLOSED,
    /** What came was no HTTP. */
    MALFORMED
}
