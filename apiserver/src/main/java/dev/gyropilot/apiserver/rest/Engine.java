package dev.gyropilot.apiserver.rest;

import dev.gyropilot.apiserver.admission.Admission;
import dev.gyropilot.apiserver.auth.Authorizer;
import dev.gyropilot.apiserver.fields.FieldManager;
import dev.gyropilot.apiserver.registry.Registry;
import dev.gyropilot.apiserver.store.Store;
import dev.gyropilot.apiserver.table.Tables;
import java.time.InstantSource;

/** What the verbs work with. */
public record Engine(
        Store store,
        Registry registry,
        FieldManager fields,
        Admission admission,
        Authorizer authorizer,
        Tables tables,
        InstantSource clock) {}
