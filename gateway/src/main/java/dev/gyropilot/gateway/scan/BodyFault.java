package dev.gyropilot.gateway.scan;

import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a request's body.
 *
 * @param message for the client, with the remedy
 * @param field the top-level member that is concerned, if one is
 */
public record BodyFault(String message, @Nullable String field) {}
