package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.SeededRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchPlanTest {

    private static final String HASH = "0123456789abcdef".repeat(4);
    private static final String RUN = "00000000-0000-0000-0000-000000000000";

    @Test
    void everyStepSurvivesARoundTrip() {
        BatchPlan plan = BatchPlan.of(HASH + "-2", "http://h");
        assertThat(BatchPlan.parse(plan.format())).isEqualTo(plan);
        BatchPlan uploaded = plan.uploaded("file-1");
        assertThat(BatchPlan.parse(uploaded.format())).isEqualTo(uploaded);
        BatchPlan submitted = uploaded.submitted("batch_1");
        assertThat(BatchPlan.parse(submitted.format())).isEqualTo(submitted);
        BatchPlan ended = submitted.ended("expired", 3);
        assertThat(BatchPlan.parse(ended.format())).isEqualTo(ended);
        assertThat(ended)
                .isEqualTo(new BatchPlan(HASH + "-2", plan.run(), "http://h", "file-1", "batch_1", "expired", 3));
        assertThat(ended.hash()).isEqualTo(HASH);
        assertThat(BatchPlan.of(HASH, "http://h").run()).isNotEqualTo(plan.run());
    }

    @Test
    void theHashDoesNotDependOnTheOrder() {
        assertThat(BatchPlan.hash(List.of("b", "a")))
                .isEqualTo(BatchPlan.hash(List.of("a", "b")))
                .isEqualTo(SeededRandom.sha256Hex("a\nb"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|not the JSON of a plan",
                "[|not the JSON of a plan",
                "null|not the JSON of a plan",
                "{}|name is no hash",
                "{\"name\":\"../x\"}|name is no hash",
                "{\"name\":\"H-0\"}|name is no hash",
                "{\"name\":\"H\"}|run is missing",
                "{\"name\":\"H\",\"run\":\"R\"}|server is missing",
                "{\"name\":\"H\",\"run\":\"R\",\"server\":\"s\",\"batch_id\":\"b\"}|file_id is missing",
                "{\"name\":\"H\",\"run\":\"R\",\"server\":\"s\",\"file_id\":\"..\"}|file_id is no id",
                "{\"name\":\"H\",\"run\":\"R\",\"server\":\"s\",\"file_id\":\"a/../b\"}|file_id is no id",
                "{\"name\":\"H\",\"run\":\"R\",\"server\":\"s\",\"file_id\":\"f\",\"ended\":\"x\"}|batch_id is missing",
                "{\"name\":\"H\",\"run\":\"R\",\"server\":\"s\",\"file_id\":\"f\",\"batch_id\":\"b?\"}|batch_id is no"
                        + " id"
            })
    void whatIsNoPlanIsRefused(String text, String problem) {
        String json = text.replace("}", text.length() > 2 ? ",\"ignored\":0}" : "\"ignored\":0}")
                .replace("\"H", "\"" + HASH)
                .replace("\"R\"", "\"" + RUN + "\"");
        assertThatThrownBy(() -> BatchPlan.parse(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(problem);
    }
}
