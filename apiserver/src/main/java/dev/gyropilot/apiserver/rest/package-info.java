/** The verbs of the API on resources and subresources. */
@NullMarked
package dev.gyropilot.apiserver.rest;

import org.jspecify.annotations.NullMarked;
