package dev.gyropilot.brain.placement.queue;

/**
 * A queue whose quota does not admit a demand.
 *
 * @param queue the one that refuses: the work's own, or one above it
 * @param byLimit its limit refuses; else its guarantee, beyond which it may not borrow
 * @param resource which resource
 * @param used what it uses now
 * @param demanded what was asked for
 * @param cap the limit or guarantee
 */
public record Shortage(String queue, boolean byLimit, int resource, long used, long demanded, long cap) {
    public String message() {
        return "queue " + queue + (byLimit ? " may use at most " : " is guaranteed ") + Amount.text(resource, cap)
                + (byLimit ? "" : ", may not borrow") + ", and uses " + Amount.text(resource, used) + ": "
                + Amount.text(resource, demanded) + " more " + (demanded > cap ? "never fit." : "do not fit now.");
    }

    /** The smallest change of the queue that admits the demand. */
    public String remedy() {
        boolean never = demanded > cap;
        String field = "spec." + (byLimit ? "limit." : "guaranteed.") + Amount.field(resource) + " of queue " + queue;
        return "raise " + field + " to " + Amount.number(resource, never ? demanded : used + demanded)
                + (never ? " at least, or ask for less" : "")
                + (byLimit ? "" : ", or set its spec.borrowing to Allowed")
                + (never ? "" : ", or wait until it uses " + Amount.text(resource, used + demanded - cap) + " less")
                + ".";
    }
}
