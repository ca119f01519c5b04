package dev.gyropilot.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/** The mappers of this module, made at their first use. */
final class Json {
    private Json() {}

    static JsonMapper json() {
        return Plain.MAPPER;
    }

    static YAMLMapper yaml() {
        return Yaml.MAPPER;
    }

    /** For Kubernetes objects with their own rules. */
    static KubernetesSerialization kubernetes() {
        return Kubernetes.SERIALIZATION;
    }

    private static final class Plain {
        static final JsonMapper MAPPER = JsonMapper.builder().build();
    }

    private static final class Yaml {
        static final YAMLMapper MAPPER = YAMLMapper.builder().build();
    }

    private static final class Kubernetes {
        static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();
    }
}
