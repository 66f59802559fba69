package dev.retort.papers.system2;

/** Which opinion a multiple-choice question carries. */
public enum ChoiceBias {
    /** None. */
    NONE,
    /** A wrong option, drawn. */
    WRONG,
    /** The right option. */
    RIGHT,
    /** Any option, each as likely: that it was suggested says nothing about whether it is right. */
    ANY
}
