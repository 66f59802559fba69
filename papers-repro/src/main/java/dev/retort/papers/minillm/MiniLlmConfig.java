package dev.retort.papers.minillm;

import dev.retort.papers.ScratchStudent;
import dev.retort.train.TrainingSettings;
import java.util.Map;

/**
 * The tiny recipe.
 *
 * @param needs what a run needs, for people
 * @param threads of tensor operations
 * @param language known to the last probability
 * @param sentences of the data, and as many of the teacher
 * @param teacher made from scratch
 * @param student made from scratch, smaller
 * @param making of the teacher, from the data
 * @param start of the student, from the data: where every row begins
 * @param distilling of every row
 */
public record MiniLlmConfig(
        Map<String, String> needs,
        Integer threads,
        TinyLanguage language,
        Integer sentences,
        ScratchStudent teacher,
        ScratchStudent student,
        TrainingSettings making,
        TrainingSettings start,
        TrainingSettings distilling) {

    public MiniLlmConfig {
        if (language == null
                || teacher == null
                || student == null
                || making == null
                || start == null
                || distilling == null) {
            throw new IllegalArgumentException("language, teacher, student, making, start and distilling are needed");
        }
        sentences = sentences == null ? Integer.valueOf(4000) : sentences;
    }
}
