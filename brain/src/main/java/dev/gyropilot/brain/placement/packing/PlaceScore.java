package dev.gyropilot.brain.placement.packing;

/** How good a host is for a need that it fits. A function of the need, but its memory, and of what is free on the host. */
public interface PlaceScore {
    void rate(Need need, int host, Rating into);

    /** The answer; an object that the caller uses again and again. */
    final class Rating {
        /** More is better. */
        public double points;

        /** Decides between equal points; more is better. Then the first host wins. */
        public double tie;

        /** Which device a fraction goes to. */
        public int device;
    }
}
