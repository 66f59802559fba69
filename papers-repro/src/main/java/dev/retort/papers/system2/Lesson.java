package dev.retort.papers.system2;

import dev.retort.data.Example;
import java.util.ArrayList;
import java.util.List;

/**
 * What a model is made from.
 *
 * @param prompt as it is sent
 * @param completion the reply that is learnt
 */
record Lesson(String prompt, String completion) {

    /** The kind of the examples that lessons become. */
    static final String KIND = "answer";

    /** Lessons as examples, in their order. */
    static List<Example> examples(List<Lesson> lessons) {
        List<Example> examples = new ArrayList<>();
        for (Lesson lesson : lessons) {
            examples.add(new Example(
                    "lesson-" + examples.size(), lesson.prompt(), " " + lesson.completion(), KIND, List.of()));
        }
        return examples;
    }
}
