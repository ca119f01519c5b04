package dev.gyropilot.apiserver.store;

import java.util.List;

/**
 * The objects of a collection as they were at one revision, in the order of their paths.
 *
 * @param objects from the wanted start on
 */
public record Listing(long revision, List<Stored> objects) {}
