package dev.gyropilot.apiserver.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gyropilot.apiserver.builtin.BuiltinTypes;
import dev.gyropilot.apiserver.resource.ResourceType;
import dev.gyropilot.apiserver.resource.ResourceType.Column;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TablesTest {
    private final Tables tables = new Tables(() -> Instant.parse("2026-01-01T01:00:00Z"));

    private static ObjectNode json(String text) throws Exception {
        return (ObjectNode) new ObjectMapper().readTree(text.replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource({
        "-5, <invalid>",
        "-1, 0s",
        "0, 0s",
        "119, 119s",
        "120, 2m",
        "125, 2m5s",
        "599, 9m59s",
        "600, 10m",
        "10799, 179m",
        "10800, 3h",
        "11000, 3h3m",
        "28800, 8h",
        "172799, 47h",
        "172800, 2d",
        "180000, 2d2h",
        "691200, 8d",
        "63072000, 2y",
        "63158400, 2y1d",
        "252288000, 8y"
    })
    void agesAreShownInTwoUnitsAtMost(long seconds, String shown) {
        assertThat(Row.human(Duration.ofSeconds(seconds))).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ".spec.a | 1",
                ".spec.list[1] | y",
                ".spec.list[-1] | y",
                ".spec['b.c'] | 2",
                ".spec.b\\.c | 2",
                "{.spec.a} | 1",
                "$.spec.a | 1",
                ".status.conditions[?(@.type==\"Ready\")].status | True",
                ".status.conditions[?(@.type=='Other')].status | ''",
                ".spec.none.deeper | ''",
                ".spec[ | ''",
                ".spec.list[*] | x"
            })
    void pathsFindWhatTheySay(String path, String found) throws Exception {
        JsonNode object = json("""
                {'spec':{'a':'1','b.c':'2','list':['x','y']},
                 'status':{'conditions':[{'type':'Ready','status':'True'}]}}""");
        assertThat(JsonPath.parse(path).find(object).asText("")).isEqualTo(found);
    }

    @Test
    void customResourcesShowTheirColumns() throws Exception {
        ResourceType pods = BuiltinTypes.all().getFirst();
        ResourceType custom = new ResourceType(
                "demo.io",
                "v1",
                "Widget",
                "WidgetList",
                "widgets",
                "widget",
                List.of(),
                List.of(),
                true,
                pods.verbs(),
                pods.subresources(),
                pods.schema(),
                pods.strategy(),
                List.of(
                        new Column("Size", "integer", "", "", 0, ".spec.size"),
                        new Column("Text", "string", "", "", 0, ".spec"),
                        new Column("None", "string", "", "", 0, ".status.none"),
                        new Column("Since", "date", "", "", 0, ".metadata.creationTimestamp")),
                true);
        ObjectNode widget =
                json("{'metadata':{'name':'w','creationTimestamp':'2026-01-01T00:00:00Z'},'spec':{'size':3}}");
        ObjectNode table = tables.table(custom, List.of(widget), Tables.IncludeObject.METADATA, null);
        assertThat(table.path("rows").path(0).path("cells")).hasToString("[\"w\",3,\"{\\\"size\\\":3}\",null,\"60m\"]");
        assertThat(table.path("rows").path(0).path("object").path("kind").asText())
                .isEqualTo("PartialObjectMetadata");
        assertThat(table.path("columnDefinitions")).hasSize(5);
        assertThat(tables.table(custom, List.of(widget), Tables.IncludeObject.NONE, null, false)
                        .path("columnDefinitions")
                        .isNull())
                .isTrue();
    }
}
