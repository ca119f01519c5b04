package dev.gyropilot.apiserver.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrettyJsonTest {
    @Test
    void indentsWithTwoSpacesAndLeavesEmptyOnesTogether() {
        assertThat(pretty("{\"a\":{},\"b\":[],\"c\":[1,{\"d\":true}]}")).isEqualTo("""
                {
                  "a": {},
                  "b": [],
                  "c": [
                    1,
                    {
                      "d": true
                    }
                  ]
                }""");
    }

    @Test
    void leavesTextsAsTheyAre() {
        assertThat(pretty("{\"a\":\"{x:[\\\"\\\\\",\"b\":\"é,\"}")).isEqualTo("""
                {
                  "a": "{x:[\\"\\\\",
                  "b": "é,"
                }""");
    }

    private static String pretty(String json) {
        return new String(PrettyJson.indent(json.getBytes(UTF_8)), UTF_8);
    }
}
