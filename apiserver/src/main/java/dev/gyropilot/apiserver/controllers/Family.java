package dev.gyropilot.apiserver.controllers;

import dev.gyropilot.api.cluster.Controller;

/** One controller: it registers what it watches, and runs when everything is listed. */
@FunctionalInterface
public interface Family {
    /** Registers the handlers; the controller is started by the caller. */
    Controller wire(Workspace workspace);
}
