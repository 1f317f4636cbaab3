namespace Zurau.Listening;

/// <summary>What became of a delivery. Only <see cref="Open"/> changes, and only once.</summary>
internal enum DeliveryState
{
    /// <summary>Neither acknowledged nor dead-lettered: no commit passes it.</summary>
    Open,

    /// <summary>Handled, acknowledged, dead-lettered or skipped.</summary>
    Done,

    /// <summary>Over: delivered again since, or its partition was taken away. Acknowledgments are ignored.</summary>
    Dropped,
}
