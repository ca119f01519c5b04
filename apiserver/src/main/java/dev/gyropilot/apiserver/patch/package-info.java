/** The three patch formats that change a document: JSON patch, merge patch, strategic merge patch. */
@NullMarked
package dev.gyropilot.apiserver.patch;

import org.jspecify.annotations.NullMarked;
