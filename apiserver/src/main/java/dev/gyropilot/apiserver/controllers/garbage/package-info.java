/** Deletes what nobody owns any more, and follows the wishes of foreground and orphaning deletion. */
@NullMarked
package dev.gyropilot.apiserver.controllers.garbage;

import org.jspecify.annotations.NullMarked;
