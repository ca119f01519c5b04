package dev.gyropilot.brain.routing;

/** Chooses a replica: the same candidates, request and seed always give the same verdict. */
@FunctionalInterface
public interface Policy {
    /** Picks among the candidates. */
    Verdict pick(Candidates candidates, PickRequest request, long seed);
}
